/** The icons in use, by what they mean here; Lucide's drawings, put into the bundle at build time. */
import mic from 'lucide-static/icons/mic.svg?raw';
import micOff from 'lucide-static/icons/mic-off.svg?raw';
import video from 'lucide-static/icons/video.svg?raw';
import videoOff from 'lucide-static/icons/video-off.svg?raw';
import screenShare from 'lucide-static/icons/screen-share.svg?raw';
import screenStop from 'lucide-static/icons/screen-share-off.svg?raw';
import lock from 'lucide-static/icons/lock-keyhole.svg?raw';
import hand from 'lucide-static/icons/hand.svg?raw';
import chat from 'lucide-static/icons/message-square-text.svg?raw';
import people from 'lucide-static/icons/users.svg?raw';
import leave from 'lucide-static/icons/phone-off.svg?raw';
import settings from 'lucide-static/icons/settings-2.svg?raw';
import copy from 'lucide-static/icons/copy.svg?raw';
import check from 'lucide-static/icons/check.svg?raw';
import close from 'lucide-static/icons/x.svg?raw';
import grid from 'lucide-static/icons/layout-grid.svg?raw';
import speaker from 'lucide-static/icons/layout-panel-top.svg?raw';
import verified from 'lucide-static/icons/badge-check.svg?raw';
import unverified from 'lucide-static/icons/circle-dashed.svg?raw';
import link from 'lucide-static/icons/link-2.svg?raw';
import broken from 'lucide-static/icons/link-2-off.svg?raw';
import offline from 'lucide-static/icons/wifi-off.svg?raw';
import warning from 'lucide-static/icons/triangle-alert.svg?raw';
import info from 'lucide-static/icons/info.svg?raw';
import send from 'lucide-static/icons/send-horizontal.svg?raw';
import shield from 'lucide-static/icons/shield-check.svg?raw';
import blocked from 'lucide-static/icons/shield-x.svg?raw';
import plus from 'lucide-static/icons/plus.svg?raw';
import minus from 'lucide-static/icons/minus.svg?raw';
import retry from 'lucide-static/icons/rotate-cw.svg?raw';
import volume from 'lucide-static/icons/volume-2.svg?raw';
import more from 'lucide-static/icons/ellipsis.svg?raw';
import figures from 'lucide-static/icons/activity.svg?raw';
import room from 'lucide-static/icons/monitor-speaker.svg?raw';
import browser from 'lucide-static/icons/globe.svg?raw';
import arrowUp from 'lucide-static/icons/arrow-up.svg?raw';
import arrowDown from 'lucide-static/icons/arrow-down.svg?raw';
import chevronLeft from 'lucide-static/icons/chevron-left.svg?raw';
import chevronRight from 'lucide-static/icons/chevron-right.svg?raw';
import home from 'lucide-static/icons/house.svg?raw';
import keep from 'lucide-static/icons/bookmark-plus.svg?raw';
import erase from 'lucide-static/icons/delete.svg?raw';
import shift from 'lucide-static/icons/arrow-big-up.svg?raw';
import network from 'lucide-static/icons/network.svg?raw';
import calendar from 'lucide-static/icons/calendar-days.svg?raw';
import log from 'lucide-static/icons/scroll-text.svg?raw';
import camera from 'lucide-static/icons/cctv.svg?raw';
import power from 'lucide-static/icons/power.svg?raw';
import tablet from 'lucide-static/icons/tablet.svg?raw';
import arrowRight from 'lucide-static/icons/arrow-right.svg?raw';

export const icons = {
  mic,
  'mic-off': micOff,
  video,
  'video-off': videoOff,
  'screen-share': screenShare,
  'screen-stop': screenStop,
  lock,
  hand,
  chat,
  people,
  leave,
  settings,
  copy,
  check,
  close,
  grid,
  speaker,
  verified,
  unverified,
  link,
  broken,
  offline,
  warning,
  info,
  send,
  shield,
  blocked,
  plus,
  minus,
  retry,
  volume,
  more,
  figures,
  room,
  browser,
  'arrow-up': arrowUp,
  'arrow-down': arrowDown,
  'chevron-left': chevronLeft,
  'chevron-right': chevronRight,
  'arrow-right': arrowRight,
  home,
  keep,
  erase,
  shift,
  network,
  calendar,
  log,
  camera,
  power,
  tablet,
} as const;

export type IconName = keyof typeof icons;
