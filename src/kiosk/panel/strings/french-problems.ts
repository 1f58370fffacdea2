import type { ProblemText } from '../problem-texts.ts';

export const frenchUnknown: ProblemText = {
  message: 'Quelque chose ne fonctionne pas.',
  action: 'Signalez-le à la personne qui s’occupe de la salle',
};

const p = (message: string, action = ''): ProblemText => ({ message, action });
const unplugged = 'Vérifiez son câble ; le retour se fait tout seul.';

/** Problems and refusals by their code; a test holds them complete. */
export const frenchProblems: Readonly<Record<string, ProblemText>> = {
  'device/camera-missing': p('La caméra n’est pas branchée.', unplugged),
  'device/screen-missing': p('L’entrée HDMI n’est pas branchée.', unplugged),
  'device/microphone-missing': p('Le micro n’est pas branché.', unplugged),
  'device/speaker-missing': p('Le haut-parleur n’est pas branché.', unplugged),
  'device/display-missing': p('L’écran n’est pas branché.', 'Branchez-le et allumez-le.'),
  'device/second-display-missing': p('Le second écran n’est pas branché.', 'Branchez-le et allumez-le.'),
  'device/camera-failed': p('La caméra ne donne plus d’image.', 'Vérifiez son câble ; la salle réessaie d’elle-même.'),
  'device/camera-gone': p('La caméra a été débranchée.', 'Rebranchez-la ; l’image revient d’elle-même.'),
  'device/sound-failed': p('Le micro ou le haut-parleur s’est arrêté.', unplugged),
  'device/camera-control-unreachable': p(
    'La caméra ne peut pas être orientée : sa commande ne répond pas.',
    'Vérifiez son câble série ou son adresse, et que son protocole est VISCA.',
  ),
  'device/camera-tool-missing': p(
    'La caméra ne peut être ni orientée ni réglée : le programme v4l2-ctl manque.',
    'Installez le paquet Debian v4l-utils.',
  ),
  'device/camera-not-stopped': p(
    'La caméra n’a pas confirmé son arrêt.',
    'L’ordre est répété ; si cela dure, vérifiez le câble de commande.',
  ),
  'device/framing-no-talkers': p(
    'La caméra ne peut pas suivre l’orateur : rien ne dit où il se trouve.',
    'Branchez un réseau de micros qui donne des directions, ou choisissez un autre cadrage.',
  ),
  'device/framing-impossible': p(
    'La caméra ne peut pas être orientée comme le veulent les réglages.',
    'Donnez des secteurs à ses vues, ou choisissez un autre cadrage.',
  ),
  'device/display-control-unreachable': p(
    'L’écran ne répond pas à sa commande.',
    'Vérifiez son câble ou son adresse, et que sa commande par réseau ou RS-232 est activée.',
  ),
  'device/display-network-standby-off': p(
    'L’écran ne peut pas être réveillé par le réseau.',
    'Activez la veille réseau dans son menu.',
  ),
  'device/display-password': p(
    'Le projecteur demande un autre mot de passe.',
    'Saisissez dans les réglages celui de sa page PJLink.',
  ),
  'device/display-pin': p(
    'L’écran demande un code PIN.',
    'Saisissez dans les réglages celui de son menu « Secured protocol ».',
  ),
  'device/display-failure': p(
    'Le projecteur signale une panne.',
    'Regardez sa lampe, son ventilateur, sa température et son filtre.',
  ),
  'device/cec-no-address': p(
    'L’écran n’est pas joint par HDMI-CEC.',
    'Activez CEC sur l’écran, ou commandez-le par RS-232 ou réseau.',
  ),
  'device/display-power-unverified': p(
    'L’écran ne dit pas s’il est allumé.',
    'Vérifiez sa commande, ou choisissez un autre moyen de le commander.',
  ),
  'device/display-power-differs': p(
    'L’écran n’est pas allumé ou éteint comme la salle l’a voulu.',
    'Quelqu’un a pu utiliser son bouton ; sinon, vérifiez ses minuteries.',
  ),
  'device/speakerphone-missing': p(
    'Aucun micro de table avec bouton n’est branché.',
    'Branchez-le, ou désactivez la synchronisation dans les réglages.',
  ),
  'device/speakerphone-mute-unsynced': p(
    'Le bouton du micro de table ne peut pas être synchronisé avec la salle.',
    'Coupez le micro depuis la salle ; débranchez puis rebranchez l’appareil.',
  ),
  'device/gpio-unknown-line': p(
    'Les réglages nomment une ligne GPIO qui n’existe pas.',
    'Nommez la puce par son étiquette et la ligne par son nom ; gpioinfo les affiche.',
  ),
  'device/gpio-busy': p(
    'Une ligne GPIO est tenue par un autre programme.',
    'Libérez-la, ou choisissez-en une autre dans les réglages.',
  ),
  'device/gpio-failed': p(
    'Une ligne GPIO ne fonctionne pas ; la salle réessaie.',
    'Vérifiez les droits de /dev/gpiochip* et le câblage.',
  ),
  'device/gpio-tools-unusable': p(
    'Le programme qui tient les lignes GPIO manque.',
    'Relancez l’installation de la salle.',
  ),
  'device/surface-unreachable': p(
    'Le système de commande de la salle n’est pas connecté.',
    'Vérifiez son câble ou son adresse ; la salle réessaie.',
  ),
  'device/link-not-opened': p(
    'Le port nommé dans les réglages ne peut pas être ouvert.',
    'Vérifiez qu’aucun autre programme ne le tient et que l’utilisateur est de son groupe (dialout pour un port série).',
  ),
  'device/node-missing': p(
    'Le port nommé dans les réglages n’est pas là.',
    'Branchez son adaptateur, ou nommez-en un autre de /dev/serial/by-id.',
  ),
  'device/array-silent': p('Le réseau de micros ne donne plus de direction.', unplugged),
  'device/array-unfit': p(
    'Le micro n’a pas les canaux du réseau choisi ; il sert de micro ordinaire.',
    'Choisissez-en un autre dans les réglages.',
  ),
  'device/microphone-clipping': p('Le micro sature.', 'Éloignez-le ou baissez son niveau.'),
  'device/microphone-silent': p(
    'Le micro ne donne aucun son : personne ne vous entend.',
    'Vérifiez sa touche de coupure et son câble.',
  ),
  'device/microphone-deaf': p(
    'Le micro vous entend à peine : les autres ne vous comprennent sans doute pas.',
    'Rapprochez-le, ou vérifiez qu’il s’agit du bon micro.',
  ),
  'device/talking-while-muted': p('Votre micro est coupé.', 'Rétablissez-le pour être entendus.'),
  'device/not-done': p('L’appareil ne l’a pas fait.', 'Essayez encore une fois.'),
  'device/action-unsupported': p('Cet appareil ne sait pas le faire.'),
  'device/preset-out-of-range': p('Cette caméra n’a pas cette vue.'),
  'device/unknown': p('Cet appareil n’est plus là.'),

  'call/server-unreachable': p('Le serveur de réunion est injoignable.', 'Vérifiez le réseau ; la salle réessaie.'),
  'call/media-lost': p('Le son et l’image ont été interrompus.', 'La salle se reconnecte.'),
  'call/nobody-answered': p(
    'Personne dans la réunion ne nous a encore fait entrer.',
    'La salle continue à demander ; vérifiez que les autres sont connectés.',
  ),
  'call/refused-meeting-unknown': p(
    'Cette réunion n’existe pas, ou elle a expiré.',
    'Demandez un nouveau lien à l’organisateur.',
  ),
  'call/refused-full': p('Cette réunion est complète.', 'Réessayez quand quelqu’un sera parti.'),
  'call/refused-link-secret': p(
    'Les participants n’ont pas accepté ce lien.',
    'Demandez le lien entier à l’organisateur, y compris la partie après #.',
  ),
  'call/refused-identity': p(
    'Les participants n’ont pas pu vérifier cette salle.',
    'Vérifiez son certificat et son horloge.',
  ),
  'call/refused-key-package': p('Les participants n’ont pas pu lire nos clés.', 'Mettez ce logiciel à jour.'),
  'call/refused-protocol-version': p(
    'Ce logiciel et le serveur de réunion sont de versions différentes.',
    'Mettez le plus ancien à jour.',
  ),
  'call/refused-malformed': p('Le serveur n’a pas compris la salle.', 'Mettez le plus ancien des deux à jour.'),
  'call/refused-not-allowed': p('Le serveur n’a pas laissé entrer la salle.', 'Demandez un nouveau lien.'),
  'call/refused-too-many': p('Le serveur reçoit trop de demandes.', 'Réessayez dans une minute.'),
  'call/closed-shutdown': p('Le serveur de réunion redémarre.', 'La salle revient d’elle-même.'),
  'call/closed-replaced': p('Cette place a été reprise ailleurs.', 'Entrez à nouveau si ce n’était pas vous.'),
  'call/keys-lost': p('Les clés de la réunion n’ont pas pu être suivies.', 'La salle entre à nouveau.'),
  'call/keys-gap': p('Le serveur a omis un changement de clés.', 'La salle entre à nouveau.'),
  'call/keys-disturbed': p(
    'Quelqu’un perturbe les clés de la réunion.',
    'La salle entre à nouveau ; si cela continue, ne vous fiez pas à ce serveur.',
  ),
  'call/keys-flooded': p(
    'Le serveur en a envoyé trop pour être suivi.',
    'La salle entre à nouveau ; si cela continue, ne vous fiez pas à ce serveur.',
  ),
  'call/removed': p(
    'Les autres ont retiré cette salle de la réunion, comme si sa connexion était perdue.',
    'La salle entre à nouveau.',
  ),
  'call/process-crashed': p('L’appel s’est arrêté de façon inattendue.', 'La salle revient d’elle-même.'),
  'call/check-crashed': p(
    'L’essai des appareils s’est arrêté de façon inattendue.',
    'Réessayez ; si cela se répète, débranchez la caméra puis le micro pour trouver lequel en est la cause.',
  ),
  'call/no-check': p('Les appareils ne sont pas à l’essai.', 'Rouvrez la page d’essai.'),
  'call/camera-unavailable': p('La caméra ne répond pas.', 'Vérifiez son câble ; l’appel continue sans image.'),
  'call/microphone-unavailable': p(
    'Le micro ne répond pas.',
    'Vérifiez son câble ; les autres n’entendent pas cette salle.',
  ),
  'call/screen-unavailable': p('L’écran ne peut pas être partagé.', 'Vérifiez le câble et réessayez.'),
  'call/link-not-a-link': p('Ce n’est pas un lien de réunion.', 'Vérifiez-le.'),
  'call/link-incomplete': p('Ce lien est incomplet.', 'Copiez-le en entier, y compris la partie après #.'),
  'call/link-mistyped': p('Ce lien est mal saisi : ses parties ne vont pas ensemble.', 'Vérifiez-le.'),
  'call/busy': p('La salle est déjà en réunion.', 'Quittez-la d’abord.'),
  'call/not-in-call': p('La salle n’est pas en réunion.'),
  'call/not-ready': p('La salle n’est pas encore prête.', 'Réessayez dans un instant.'),
  'call/no-answer': p('L’appel ne répond pas.', 'Réessayez.'),
  'call/meeting-not-created': p(
    'La réunion n’a pas pu être créée : le serveur de réunion ne répond pas.',
    'Vérifiez le réseau et réessayez.',
  ),

  'calendar/unreachable': p('Le calendrier ne répond pas.', 'Vérifiez le réseau ; la salle réessaie.'),
  'calendar/throttled': p('Le calendrier demande d’attendre.', 'La salle réessaie d’elle-même.'),
  'calendar/refused': p(
    'Le calendrier refuse cette salle.',
    'Vérifiez dans les réglages son compte, son mot de passe et ses droits.',
  ),
  'calendar/not-found': p('Le calendrier ou la réservation n’existe plus.', 'Vérifiez les réglages du calendrier.'),
  'calendar/conflict': p('La réservation vient d’être changée ailleurs.', 'La liste est à jour : réessayez.'),
  'calendar/unreadable': p('La réponse du calendrier n’est pas lisible.', 'Vérifiez son adresse dans les réglages.'),
  'calendar/read-only': p('Ce calendrier ne peut pas être changé depuis la salle.'),

  'calendar/event-malformed': p(
    'Une réservation du calendrier est illisible et n’est pas affichée.',
    'Ouvrez-la dans le logiciel de calendrier et enregistrez-la à nouveau, ou supprimez-la.',
  ),
  'calendar/event-too-large': p(
    'Une réservation du calendrier est trop volumineuse et n’est pas affichée.',
    'Supprimez ses pièces jointes.',
  ),
  'calendar/recurrence-cut-off': p(
    'Une série du calendrier a trop de réservations ; certaines ne sont pas affichées.',
    'Donnez une fin à la série, ou refaites-la plus simplement.',
  ),
  'calendar/time-zone-unknown': p(
    'Une réservation est dans un fuseau horaire inconnu ; son heure peut être fausse.',
    'Enregistrez-la à nouveau avec un fuseau de la liste.',
  ),
  'calendar/too-many': p(
    'Il y a plus de réservations que la salle n’en garde ; les dernières ne sont pas affichées.',
    'Vérifiez que les réglages nomment bien le calendrier de cette salle.',
  ),
  'calendar/busy': p('La salle est réservée par quelqu’un d’autre à ce moment.'),
  'calendar/no-time': p('Il ne reste pas assez de temps avant la prochaine réservation.'),
  'calendar/not-joinable': p('Cette réunion ne peut pas être rejointe d’ici.'),
  'calendar/not-open-yet': p('Cette réunion n’est pas encore ouverte.', 'Réessayez un peu plus tard.'),
  'calendar/not-running': p('Cette réservation n’est pas en cours.'),
  'calendar/unknown-booking': p('Cette réservation n’existe plus.'),
  'calendar/all-day': p('Une réservation de la journée se change dans le calendrier.'),
  'calendar/none': p('Cette salle n’a pas de calendrier.'),

  'kiosk/no-network': p(
    'Cette salle n’a pas de réseau.',
    'Vérifiez son câble ou le Wi-Fi ; les réservations sont celles d’avant.',
  ),
  'kiosk/server-down': p(
    'Le serveur de réunion ne répond pas.',
    'Aucune réunion ne peut être rejointe avant son retour ; la salle continue à chercher.',
  ),
  'kiosk/panel-silent': p(
    'Le panneau de la salle ne réagit plus.',
    'Il est relancé ; sinon, éteignez puis rallumez son écran.',
  ),
  'admin/pin-invalid': p('Un code PIN a 4 à 8 chiffres.'),
  'admin/locked': p('Les réglages sont verrouillés.', 'Saisissez le code PIN.'),
  'pairing/busy': p('Un autre panneau est en cours d’association.', 'Attendez deux minutes.'),
  'pairing/code-wrong': p('Ce n’est pas le code.'),
  'pairing/code-expired': p('Ce code n’est plus valable.', 'Demandez-en un autre.'),
  'pairing/too-many': p('Cette salle a déjà tous ses panneaux.', 'Retirez-en un dans les réglages.'),
  'pairing/unknown': p('Ce panneau n’est plus associé.'),
  'api/too-many': p('C’était trop rapide.', 'Réessayez dans un instant.'),
  'api/not-paired': p('Ce panneau n’est pas associé à la salle.'),
  'api/not-this-host': p('Ouvrez ce panneau par l’adresse ou le nom de la salle.'),

  'audio/echo-not-heard': p(
    'Le son d’essai n’a pas été clairement entendu.',
    'Vérifiez micro, haut-parleur et volume, et gardez le silence.',
  ),
  'api/not-local': p('Ouvrez le panneau sur la salle elle-même.'),
};
